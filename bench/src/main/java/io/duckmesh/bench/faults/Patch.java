package io.duckmesh.bench.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * One text for another in a source of the program.
 *
 * @param file below the project's folder
 */
record Patch(String file, String text, String by) {
  /**
   * The source with the text changed.
   *
   * @throws IllegalStateException if the text is not there: the program would be as it is
   */
  String apply(String source) {
    if (!source.contains(text)) {
      throw new IllegalStateException("There is no such text in %s: %s".formatted(file, text));
    }
    return source.replace(text, by);
  }

  /** The changed sources by their files below the project's folder. */
  static Map<String, String> sources(List<Patch> patches, Path project) throws IOException {
    Map<String, String> sources = new TreeMap<>();
    for (Patch patch : patches) {
      String source = sources.get(patch.file());
      sources.put(
          patch.file(),
          patch.apply(source == null ? Files.readString(project.resolve(patch.file())) : source));
    }
    return sources;
  }

  /**
   * Compiles the changed sources against the packaged program.
   *
   * @return the folder of classes, which is to stand before the program on the class path
   */
  static Path compile(List<Patch> patches, Path project, Path folder) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("patched-classes"));
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("-parameters", "-proc:none", "-nowarn", "-d", classes.toString()));
    arguments.addAll(List.of("-cp", libraries(project)));
    for (Map.Entry<String, String> source : sources(patches, project).entrySet()) {
      Path file = folder.resolve("patched-sources").resolve(source.getKey());
      Files.createDirectories(file.getParent());
      arguments.add(Files.writeString(file, source.getValue()).toString());
    }
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    if (exit != 0) {
      throw new IllegalStateException("The changed program does not compile: " + patches);
    }
    return classes;
  }

  private static String libraries(Path project) throws IOException {
    Path target = project.resolve("worker-main/target");
    try (Stream<Path> jars = Files.list(target.resolve("lib"))) {
      String libraries = String.join(":", jars.map(Path::toString).toList());
      return target.resolve("duckmesh-worker-main.jar") + ":" + libraries;
    }
  }
}
