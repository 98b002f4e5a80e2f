package io.duckmesh.bench.faults;

import java.nio.file.Path;
import java.util.Locale;

/** A part of the program that can be broken on purpose, to see that the harness notices. */
enum Mutant {
  NONE_YET;

  /** The option of the JVM that breaks it. */
  String agent(Path project) {
    return "-Dmutant=" + project;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
