package io.duckmesh.engine.objects.s3;

import io.duckmesh.engine.objects.ObjectKey;
import java.io.FilterInputStream;
import java.io.IOException;
import java.util.Objects;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** An object's bytes; a connection that breaks before the last one is an error, never the end. */
final class S3ObjectInputStream extends FilterInputStream {
  private final ObjectKey key;
  private final ResponseInputStream<GetObjectResponse> body;
  private long remaining;

  S3ObjectInputStream(ObjectKey key, ResponseInputStream<GetObjectResponse> body) {
    super(body);
    this.key = key;
    this.body = body;
    Long length = body.response().contentLength();
    this.remaining = length == null ? 0 : length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    try {
      int count = body.read(bytes, offset, length);
      if (count >= 0) {
        remaining -= count;
      } else if (remaining > 0) {
        throw new IOException("Object %s ended %d bytes before its end".formatted(key, remaining));
      }
      return count;
    } catch (SdkException e) {
      throw new IOException("Cannot read object " + key, e);
    }
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[(int) Math.clamp(count, 0, 8 << 10)];
    return skipped.length == 0 ? 0 : Math.max(0, read(skipped, 0, skipped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /** Drops the connection rather than reading what nobody wants. */
  @Override
  public void close() throws IOException {
    try {
      if (remaining > 0) {
        body.abort();
      } else {
        body.close();
      }
    } catch (SdkException e) {
      throw new IOException("Cannot close object " + key, e);
    }
  }
}
