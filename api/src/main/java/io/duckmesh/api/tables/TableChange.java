package io.duckmesh.api.tables;

import io.duckmesh.api.json.JsonFields;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.upkeep.TableWishes;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads the request to change a table, with every problem named at once. */
final class TableChange {
  private TableChange() {}

  /**
   * Reads what is wanted of the table from now on.
   *
   * @throws io.duckmesh.api.problem.ProblemException with all problems if there is any
   */
  static TableWishes read(byte[] body, TableInfo table, TableWishes before) {
    JsonFields fields = JsonFields.parse(body);
    List<ColumnDefinition> columns = table.schema().columns();
    List<String> sortBy = before.sortBy();
    if (fields.value("sort_by") != null) {
      Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      columns.forEach(column -> names.add(column.name()));
      sortBy = TableDrafts.columnNames(fields, "sort_by", columns, names);
    }
    UpkeepPolicy policy = before.policy();
    JsonFields object = fields.object("policy");
    if (object != null) {
      policy = PolicyFields.readOfTable(object, policy, columns);
    } else if (fields.value("policy") != null) {
      policy = UpkeepPolicy.NONE;
    }
    fields.refuse("name", "can not be changed");
    fields.refuse("columns", "can not be changed yet");
    fields.refuse("event_key", "can not be changed");
    fields.refuse("settings", "can not be changed");
    fields.refuseUnknown();
    fields.check();
    return new TableWishes(policy, sortBy);
  }
}
