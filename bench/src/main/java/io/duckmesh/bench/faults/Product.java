package io.duckmesh.bench.faults;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The packaged program, whole or with one part broken on purpose.
 *
 * @param project folder of the project, in which {@code worker-main} is packaged
 * @param before what stands before it on the class path; empty for nothing
 */
record Product(Path project, String before) {
  Product {
    Path jar = jar(project);
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          "The program is not packaged: %s is missing; run ./mvnw -Dquick package".formatted(jar));
    }
  }

  static boolean isPackaged(Path project) {
    return Files.exists(jar(project));
  }

  private static Path jar(Path project) {
    return project.resolve("worker-main/target/duckmesh-worker-main.jar");
  }

  /** The command line that runs the program with these arguments. */
  List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(
        List.of(
            "-cp",
            (before.isEmpty() ? "" : before + ":")
                + jar(project)
                + ":"
                + project.resolve("worker-main/target/lib")
                + "/*",
            "io.duckmesh.worker.DuckMesh"));
    command.addAll(List.of(arguments));
    return command;
  }
}
