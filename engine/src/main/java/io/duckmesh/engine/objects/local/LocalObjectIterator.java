package io.duckmesh.engine.objects.local;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Walks the files whose key begins with a prefix in the order of their keys, one folder at a time:
 * what appears or vanishes meanwhile may be seen or not. No folder stays open between two steps.
 */
final class LocalObjectIterator implements Iterator<ObjectInfo> {
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_=-][A-Za-z0-9._=-]*");

  private final LocalObjectStore store;
  private final String prefix;
  private final Deque<Iterator<Entry>> folders = new ArrayDeque<>();
  private @Nullable ObjectInfo next;

  LocalObjectIterator(LocalObjectStore store, String prefix) {
    this.store = store;
    this.prefix = prefix;
    String folder = prefix.substring(0, prefix.lastIndexOf('/') + 1);
    // No key begins with anything else, and nothing else may reach the file system.
    if (folder.isEmpty() || folder.matches("(" + SEGMENT + "/)+")) {
      enter(folder);
    }
  }

  @Override
  public boolean hasNext() {
    while (next == null && !folders.isEmpty()) {
      Iterator<Entry> entries = folders.getLast();
      if (entries.hasNext()) {
        visit(entries.next());
      } else {
        folders.removeLast();
      }
    }
    return next != null;
  }

  @Override
  public ObjectInfo next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    ObjectInfo result = next;
    next = null;
    return result;
  }

  private void visit(Entry entry) {
    if (entry.folder()) {
      enter(entry.key());
      return;
    }
    try {
      ObjectKey key = new ObjectKey(entry.key());
      next = LocalObjectStore.info(key, store.path(key)).orElse(null);
    } catch (IOException e) {
      throw LocalFailures.unavailable("Cannot list object " + entry.key(), e);
    }
  }

  /** A folder sorts by its name with the slash, as its keys do among their neighbours. */
  private void enter(String folder) {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(store.root().resolve(folder), LocalObjectIterator::nameable)) {
      for (Path file : files) {
        boolean isFolder = Files.isDirectory(file);
        String key = folder + file.getFileName() + (isFolder ? "/" : "");
        if (key.startsWith(prefix) || (isFolder && prefix.startsWith(key))) {
          entries.add(new Entry(key, isFolder));
        }
      }
    } catch (IOException e) {
      if (LocalFailures.absent(e)) {
        return;
      }
      throw LocalFailures.unavailable("Cannot list objects below " + folder, e);
    } catch (DirectoryIteratorException e) {
      throw LocalFailures.unavailable(
          "Cannot list objects below " + folder, requireNonNull(e.getCause()));
    }
    entries.sort(Comparator.comparing(Entry::key));
    folders.addLast(entries.iterator());
  }

  private static boolean nameable(Path file) {
    return SEGMENT.matcher(String.valueOf(file.getFileName())).matches();
  }

  private record Entry(String key, boolean folder) {}
}
