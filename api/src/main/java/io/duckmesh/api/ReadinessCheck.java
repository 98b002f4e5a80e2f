package io.duckmesh.api;

import java.util.Optional;

/** Something that must answer before the process counts as ready. */
public interface ReadinessCheck {
  /** Its name in the answer of {@code /v1/ready}. */
  String name();

  /** What is missing, in words; empty when it is ready. Answers within a second. */
  Optional<String> missing();
}
