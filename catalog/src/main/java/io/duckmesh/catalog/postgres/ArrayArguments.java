package io.duckmesh.catalog.postgres;

import java.lang.reflect.Type;
import java.util.Optional;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.argument.ArgumentFactory;
import org.jdbi.v3.core.config.ConfigRegistry;

/** Binds arrays as the driver takes them, which sends numbers in binary form. */
final class ArrayArguments implements ArgumentFactory {
  @Override
  public Optional<Argument> build(Type type, Object value, ConfigRegistry config) {
    if (value instanceof long[] || value instanceof int[] || value instanceof boolean[]) {
      return Optional.of((position, statement, context) -> statement.setObject(position, value));
    }
    if (value instanceof String[] texts) {
      return Optional.of(
          (position, statement, context) ->
              statement.setArray(position, statement.getConnection().createArrayOf("text", texts)));
    }
    return Optional.empty();
  }
}
