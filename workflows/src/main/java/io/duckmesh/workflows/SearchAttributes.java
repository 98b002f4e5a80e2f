package io.duckmesh.workflows;

import io.temporal.common.SearchAttributeKey;
import java.util.List;

/** Attributes by which people find workflows in the Temporal UI. A server must know them first. */
public final class SearchAttributes {
  /** Owner of what the workflow works on. */
  public static final SearchAttributeKey<String> TENANT =
      SearchAttributeKey.forKeyword("DuckMeshTenant");

  /** Shard that the workflow lands. */
  public static final SearchAttributeKey<String> SHARD =
      SearchAttributeKey.forKeyword("DuckMeshShard");

  /** Names of the tables that the run has worked on; a search finds any one of them. */
  public static final SearchAttributeKey<List<String>> TABLE =
      SearchAttributeKey.forKeywordList("DuckMeshTable");

  /** All of them, to be registered with a server. */
  public static final List<SearchAttributeKey<?>> ALL = List.of(TENANT, SHARD, TABLE);

  private SearchAttributes() {}
}
