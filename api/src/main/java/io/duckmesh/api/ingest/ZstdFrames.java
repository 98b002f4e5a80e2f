package io.duckmesh.api.ingest;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Decompresses zstd frames, one after the other, until the source ends. Unlike the stream of the
 * library it refuses every frame that is cut, also one whose beginning came together with the end
 * of the frame before. Does not close its source.
 */
final class ZstdFrames extends InputStream {
  private static final int BUFFER = 32 << 10;

  private final InputStream source;
  private final ZstdDecompressCtx decoder = new ZstdDecompressCtx();
  private final byte[] part = new byte[BUFFER];
  private final ByteBuffer compressed = ByteBuffer.allocateDirect(BUFFER).limit(0);
  private final ByteBuffer plain = ByteBuffer.allocateDirect(BUFFER);
  private boolean inFrame;
  private boolean mayHaveMore;

  ZstdFrames(InputStream source) {
    this.source = source;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (true) {
      if (!compressed.hasRemaining() && !mayHaveMore && !fill()) {
        return -1;
      }
      plain.clear().limit(Math.min(length, BUFFER));
      try {
        inFrame = !decoder.decompressDirectByteBufferStream(plain, compressed);
      } catch (ZstdException e) {
        throw new IOException(e.getMessage(), e);
      }
      // Only a full buffer leaves something of a frame in the decoder.
      mayHaveMore = inFrame && !plain.hasRemaining();
      int size = plain.position();
      if (size > 0) {
        plain.flip().get(buffer, offset, size);
        return size;
      }
    }
  }

  private boolean fill() throws IOException {
    int size = source.read(part, 0, BUFFER);
    if (size < 0) {
      if (inFrame) {
        throw new EOFException("a frame is cut");
      }
      return false;
    }
    compressed.clear().put(part, 0, size).flip();
    return true;
  }

  @Override
  public void close() {
    decoder.close();
  }
}
