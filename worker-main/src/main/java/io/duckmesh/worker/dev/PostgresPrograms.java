package io.duckmesh.worker.dev;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * PostgreSQL's programs, which are in a jar of the class path. They are unpacked once for each
 * version into a folder that all dev instances of a user share.
 */
final class PostgresPrograms {
  private static final Set<PosixFilePermission> PERMISSIONS_OF_PROGRAMS =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_EXECUTE);

  private final Path directory;

  private PostgresPrograms(Path directory) {
    this.directory = directory;
  }

  /** Unpacks the programs where they have not been, in one step. */
  static PostgresPrograms unpack(Path cache, Runnable onUnpack) {
    URL archive = archive();
    try {
      Path target = cache.resolve("postgres-" + fingerprint(archive));
      if (!Files.isDirectory(target)) {
        onUnpack.run();
        Files.createDirectories(cache);
        Path draft = Files.createTempDirectory(cache, "unpacking-");
        try (InputStream in = archive.openStream()) {
          unpack(in, draft);
          makeReadable(draft);
          move(draft, target);
        } finally {
          delete(draft);
        }
      }
      return new PostgresPrograms(target);
    } catch (IOException e) {
      throw new DevException(
          "Cannot unpack PostgreSQL into %s: %s".formatted(cache, e.getMessage()), e);
    }
  }

  Path program(String name) {
    return directory.resolve("bin").resolve(name);
  }

  Path directory() {
    return directory;
  }

  private static URL archive() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    boolean arm = machine.equals("aarch64");
    String name =
        "postgres-%s-%s.txz"
            .formatted(system.startsWith("mac") ? "darwin" : system, arm ? "arm_64" : "x86_64");
    URL resource = PostgresPrograms.class.getResource("/" + name);
    if (resource == null) {
      throw new DevException(
          "There is no embedded PostgreSQL for %s on %s. Start your own PostgreSQL and use `duckmesh server`"
              .formatted(system, machine));
    }
    return resource;
  }

  /** Names the version by what the jar's directory says of the entry, without reading it. */
  private static String fingerprint(URL archive) throws IOException {
    if (archive.openConnection() instanceof JarURLConnection jar) {
      JarEntry entry = jar.getJarEntry();
      return "%08x-%x".formatted(entry.getCrc(), entry.getSize());
    }
    throw new IOException("Not in a jar: " + archive);
  }

  private static void unpack(InputStream in, Path target) throws IOException {
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(in))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException("Entry leaves the archive: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          continue;
        }
        Files.createDirectories(file.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.copy(target.resolve(entry.getLinkName()), file);
        } else {
          Files.copy(tar, file);
          if ((entry.getMode() & 0100) != 0) {
            Files.setPosixFilePermissions(file, PERMISSIONS_OF_PROGRAMS);
          }
        }
      }
    }
  }

  /** Root's PostgreSQL runs as another user, who has to reach the programs. */
  private static void makeReadable(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PERMISSIONS_OF_PROGRAMS);
  }

  private static void move(Path draft, Path target) throws IOException {
    try {
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException e) {
      if (!Files.isDirectory(target)) {
        throw e;
      }
      // Another instance was faster and has unpacked the same.
    }
  }

  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
