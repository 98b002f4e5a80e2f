package io.duckmesh.engine.query.duckdb.process;

import static java.util.stream.Collectors.joining;

import com.google.flatbuffers.FlatBufferBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.unsafe.UnsafeAllocationManager;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the other process is started from: a few jars of this one, and DuckDB's library as a file.
 * The driver would unpack its library, of many megabytes, in every process anew, and leave it
 * behind when one is killed.
 */
final class ProgramFiles {
  private static final Logger log = LoggerFactory.getLogger(ProgramFiles.class);
  private static final String LIBRARY = System.mapLibraryName("duckdb_java");
  private static final int NEWER_UNSAFE = 23;
  private static final String PREFIX = "duckmesh-duckdb-";

  private static @Nullable ProgramFiles unpacked;

  private final List<Path> classPath;

  /** Has the libraries, too. Kept as long as this process lives. */
  private final OwnFolder folder;

  private ProgramFiles(List<Path> classPath, OwnFolder folder) {
    this.classPath = List.copyOf(classPath);
    this.folder = folder;
  }

  /** An empty folder for a process, deleted with all others at the latest. */
  Path newFolder() throws IOException {
    return Files.createTempDirectory(folder.path(), "process-");
  }

  /**
   * Unpacked once per process, or again when somebody has deleted it, and deleted at its end; what
   * processes left that were killed is deleted before.
   *
   * @throws IOException if there is no room for it
   */
  static synchronized ProgramFiles ofThisProgram() throws IOException {
    ProgramFiles files = unpacked;
    if (files == null || !files.isThere()) {
      files = unpack();
      unpacked = files;
    }
    return files;
  }

  private boolean isThere() {
    return Files.exists(folder.path().resolve(LIBRARY));
  }

  private static ProgramFiles unpack() throws IOException {
    OwnFolder folder = OwnFolder.create(Path.of(System.getProperty("java.io.tmpdir")), PREFIX);
    Runtime.getRuntime().addShutdownHook(new Thread(folder::close));
    List<Path> classPath = new ArrayList<>();
    classPath.add(splitDriver(source(DuckDBConnection.class), folder.path()));
    for (Class<?> type :
        List.of(
            QueryProcess.class,
            VectorSchemaRoot.class,
            Message.class,
            FlatBufferBuilder.class,
            BufferAllocator.class,
            UnsafeAllocationManager.class,
            Data.class,
            com.fasterxml.jackson.databind.ObjectMapper.class,
            com.fasterxml.jackson.core.JsonFactory.class,
            com.fasterxml.jackson.annotation.JsonProperty.class,
            Logger.class)) {
      classPath.add(source(type));
    }
    return new ProgramFiles(classPath, folder);
  }

  private static Path source(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null) {
      throw new IllegalStateException("It is not known where %s is from".formatted(type));
    }
    try {
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("%s is from no file".formatted(type), e);
    }
  }

  /** A jar of the driver's classes alone, and this system's library beside it. */
  private static Path splitDriver(Path driver, Path folder) throws IOException {
    String library = libraryName();
    Path classes = folder.resolve("duckdb.jar");
    boolean found = false;
    try (JarFile jar = new JarFile(driver.toFile());
        JarOutputStream out = new JarOutputStream(Files.newOutputStream(classes))) {
      for (Enumeration<JarEntry> all = jar.entries(); all.hasMoreElements(); ) {
        JarEntry entry = all.nextElement();
        if (entry.getName().equals(library)) {
          found = true;
          try (InputStream in = jar.getInputStream(entry)) {
            Files.copy(in, folder.resolve(LIBRARY));
          }
        } else if (entry.getName().endsWith(".class")
            || entry.getName().startsWith("META-INF/services")) {
          copy(jar, entry, out);
        }
      }
    }
    if (!found) {
      throw new IOException("Driver %s has no library %s".formatted(driver, library));
    }
    return classes;
  }

  /** The driver's name for the library of this system. */
  private static String libraryName() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return "libduckdb_java.so_%s_%s"
        .formatted(
            system.startsWith("mac") ? "macos" : system.startsWith("win") ? "windows" : "linux",
            processor.equals("aarch64") || processor.equals("arm64") ? "arm64" : "amd64");
  }

  private static void copy(JarFile jar, JarEntry entry, JarOutputStream target) throws IOException {
    target.putNextEntry(new JarEntry(entry.getName()));
    try (InputStream in = jar.getInputStream(entry)) {
      in.transferTo(target);
    }
    target.closeEntry();
  }

  /**
   * @param folder for what the process keeps in files while it lives
   */
  List<String> command(Path folder, Path socket) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xms16m",
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-XX:-CreateCoredumpOnCrash",
            "-Xshare:auto",
            "-Djava.io.tmpdir=" + folder,
            "-Djava.library.path=" + this.folder.path(),
            "-Dslf4j.internal.verbosity=ERROR",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED"));
    if (Runtime.version().feature() >= NEWER_UNSAFE) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.add("-cp");
    command.add(
        classPath.stream()
            .map(Path::toString)
            .collect(joining(System.getProperty("path.separator"))));
    command.add(QueryProcess.class.getName());
    command.add(socket.toString());
    return command;
  }
}
