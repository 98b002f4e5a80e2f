package io.duckmesh.engine.parquet;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/** Passes a file's bytes on while it counts and hashes them. Closing it leaves the stream open. */
final class HashingOutput extends PositionOutputStream implements OutputFile {
  private final OutputStream out;
  private final MessageDigest digest;
  private long position;

  HashingOutput(OutputStream out) {
    this.out = out;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    digest.update((byte) b);
    position++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    digest.update(bytes, offset, length);
    position += length;
  }

  @Override
  public long getPos() {
    return position;
  }

  /** Lower-case hexadecimal SHA-256 of what was written; asked once, at the end. */
  String contentHash() {
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void close() {
    // The stream belongs to the caller, who publishes what is in it.
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) {
    return this;
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) {
    return this;
  }

  @Override
  public boolean supportsBlockSize() {
    return false;
  }

  @Override
  public long defaultBlockSize() {
    return 0;
  }
}
