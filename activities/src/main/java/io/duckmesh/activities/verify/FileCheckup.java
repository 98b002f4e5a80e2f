package io.duckmesh.activities.verify;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyFinding.Kind;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** Compares a file with its object: whether it is there, its size, and each of its bytes. */
final class FileCheckup {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Catalog catalog;
  private final ObjectStore store;

  FileCheckup(Catalog catalog, ObjectStore store) {
    this.catalog = catalog;
    this.store = store;
  }

  /**
   * Looks at the file; empty if all is well, or if no snapshot has it any more.
   *
   * @param beat is called between two pieces of the work
   */
  Optional<VerifyFinding> check(StoredFile file, Runnable beat) {
    ObjectKey key = new ObjectKey(file.objectKey());
    Optional<ObjectInfo> found = store.find(key);
    if (found.isEmpty()) {
      return missing(file);
    }
    long sizeBytes = found.get().sizeBytes();
    if (sizeBytes != file.sizeBytes()) {
      return Optional.of(
          finding(
              Kind.FILE_SIZE,
              file,
              "The object has %d bytes, the file has %d".formatted(sizeBytes, file.sizeBytes())));
    }
    String hash;
    try {
      hash = hash(key, beat);
    } catch (ObjectNotFoundException e) {
      return missing(file);
    }
    return hash.equals(file.contentHash())
        ? Optional.empty()
        : Optional.of(
            finding(
                Kind.FILE_CONTENT,
                file,
                "The object's SHA-256 is %s, the file's is %s"
                    .formatted(hash, file.contentHash())));
  }

  private Optional<VerifyFinding> missing(StoredFile file) {
    return catalog.verifications().isLive(file.objectKey())
        ? Optional.of(
            finding(
                Kind.FILE_MISSING,
                file,
                "There is no such object, the file has %d bytes".formatted(file.sizeBytes())))
        : Optional.empty();
  }

  private static VerifyFinding finding(Kind kind, StoredFile file, String what) {
    return new VerifyFinding(
        kind, file.objectKey(), "%s (table %s)".formatted(what, file.tableName()));
  }

  private String hash(ObjectKey key, Runnable beat) {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = store.open(key)) {
      int read = in.read(buffer);
      while (read >= 0) {
        digest.update(buffer, 0, read);
        beat.run();
        read = in.read(buffer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read object " + key, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
