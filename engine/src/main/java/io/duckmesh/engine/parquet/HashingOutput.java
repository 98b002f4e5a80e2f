package io.duckmesh.engine.parquet;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Passes a file's bytes on while it counts and hashes them. Closing it leaves the stream open. */
final class HashingOutput extends CountingOutput {
  private final MessageDigest digest;

  HashingOutput(OutputStream out) {
    super(out);
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  @Override
  public void write(int b) throws IOException {
    super.write(b);
    digest.update((byte) b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    super.write(bytes, offset, length);
    digest.update(bytes, offset, length);
  }

  /** Lower-case hexadecimal SHA-256 of what was written; asked once, at the end. */
  String contentHash() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
