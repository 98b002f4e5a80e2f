package io.duckmesh.bench.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * A part of the program that can be broken on purpose, to see that the harness notices. The program
 * itself knows nothing of it: texts of its classes are replaced while they are loaded.
 */
enum Mutant {
  /** Two workers that hold the same positions can both commit. */
  NO_COMPARE_AND_SET(
      new Replacement(Replacement.COMMIT, "AND s.watermark = w.after_position", ""),
      new Replacement(Replacement.COMMIT, "AND s.watermark = r.after_position", ""),
      new Replacement(
          Replacement.COMMIT,
          "FROM ready\n      ), committed AS",
          "FROM ready ON CONFLICT DO NOTHING ), committed AS")),

  /** A claim acknowledges its positions, which are committed only later. */
  ACK_BEFORE_COMMIT(
      new Replacement(
          "io/duckmesh/bus/postgres/ClaimDao", "up_to = :upTo,", "up_to = :upTo, acked = :upTo,"),
      new Replacement(
          "io/duckmesh/bus/postgres/ClaimDao",
          "leased_until = clock_timestamp() + :leaseSeconds",
          "leased_until = clock_timestamp() + least(:leaseSeconds, 3)")),

  /** The gateway does not see the header. */
  REQUEST_KEYS_IGNORED(
      new Replacement("io/duckmesh/api/ingest/IngestRequest", "Idempotency-Key", "Another-Header")),

  /** The ledger finds no key that has landed. */
  EVENT_KEYS_FORGOTTEN(
      new Replacement(
          "io/duckmesh/catalog/postgres/EventKeyDao",
          "w.state = 'committed'",
          "w.state = 'forgotten'")),

  /** A snapshot has the files of later ones. */
  SNAPSHOT_GROWS(
      new Replacement(
          "io/duckmesh/catalog/postgres/SnapshotDao",
          "AND begin_snapshot <= :snapshotId",
          "AND begin_snapshot <= :snapshotId + 100000"));

  private final List<Replacement> replacements;

  Mutant(Replacement... replacements) {
    this.replacements = List.of(replacements);
  }

  /** In all constants of a class, one text for another. */
  private record Replacement(String className, String text, String by) {
    static final String COMMIT = "io/duckmesh/catalog/postgres/CommitStatement";
  }

  /** Writes what breaks a JVM into the folder, and returns the option that does it. */
  String agent(Path folder) throws IOException {
    Path jar = folder.resolve("mutant.jar");
    Path list = folder.resolve("mutant.txt");
    List<String> lines = new ArrayList<>();
    for (Replacement replacement : replacements) {
      lines.add(replacement.className());
      lines.add(escape(replacement.text()));
      lines.add(escape(replacement.by()));
    }
    Files.write(list, lines);
    String agent = ReplacementAgent.class.getName();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", agent);
    String entry = agent.replace('.', '/') + ".class";
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream jarOut = new JarOutputStream(out, manifest);
        InputStream classFile = Mutant.class.getResourceAsStream("/" + entry)) {
      if (classFile == null) {
        throw new IOException("There is no class " + agent);
      }
      jarOut.putNextEntry(new JarEntry(entry));
      classFile.transferTo(jarOut);
    }
    return "-javaagent:%s=%s".formatted(jar, list);
  }

  private static String escape(String text) {
    return text.replace("\n", "\\n");
  }

  /** The mutant of that name, as {@link #toString} writes it. */
  static Mutant named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
