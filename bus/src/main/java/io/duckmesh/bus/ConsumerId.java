package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

/** Who claims: one worker attempt, unique for as long as anything it claimed may live. */
public record ConsumerId(String value) {
  public ConsumerId {
    requireNonNull(value, "value is null");
    if (value.isBlank()) {
      throw new IllegalArgumentException("Consumer id is blank");
    }
  }
}
