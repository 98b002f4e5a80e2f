package io.duckmesh.engine.rows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the index of a name. Clients write names in the same order again and again, and the parser
 * gives the same object for the same name, so most look-ups are one comparison of references.
 */
final class NameLookup {
  private final Map<String, Integer> indexes;

  /** The object under which each name was seen last. */
  private final String[] seen;

  private NameLookup(Map<String, Integer> indexes) {
    this.indexes = indexes;
    this.seen = new String[indexes.size()];
    indexes.forEach((name, index) -> seen[index] = name);
  }

  static NameLookup of(List<String> names) {
    Map<String, Integer> indexes = HashMap.newHashMap(names.size());
    for (int i = 0; i < names.size(); i++) {
      indexes.put(names.get(i), i);
    }
    return new NameLookup(indexes);
  }

  /** A look-up of its own over the same names, for one body. */
  NameLookup copy() {
    return new NameLookup(indexes);
  }

  /** The index of the name, probably the expected one; -1 if there is none. */
  @SuppressWarnings("ReferenceEquality") // equality is what the map is for
  int find(String name, int expected) {
    if (expected < seen.length && seen[expected] == name) {
      return expected;
    }
    Integer index = indexes.get(name);
    if (index == null) {
      return -1;
    }
    seen[index] = name;
    return index;
  }
}
