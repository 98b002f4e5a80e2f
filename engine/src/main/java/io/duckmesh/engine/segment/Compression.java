package io.duckmesh.engine.segment;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * zstd at level 1. Contexts of the library are kept for the next call, because making one costs
 * more than compressing a row.
 */
final class Compression {
  private static final int LEVEL = 1;
  private static final int KEPT = 16;

  private static final ArrayBlockingQueue<ZstdCompressCtx> COMPRESSORS =
      new ArrayBlockingQueue<>(KEPT);
  private static final ArrayBlockingQueue<ZstdDecompressCtx> DECOMPRESSORS =
      new ArrayBlockingQueue<>(KEPT);

  private Compression() {}

  /** Compresses the first bytes of {@code source}, behind so many unused bytes. */
  static byte[] compress(byte[] source, int length, int unused) {
    byte[] target = new byte[Math.toIntExact(unused + Zstd.compressBound(length))];
    ZstdCompressCtx context = COMPRESSORS.poll();
    if (context == null) {
      context = new ZstdCompressCtx().setLevel(LEVEL);
    }
    int size = context.compressByteArray(target, unused, target.length - unused, source, 0, length);
    if (!COMPRESSORS.offer(context)) {
      context.close();
    }
    return Arrays.copyOf(target, unused + size);
  }

  /**
   * Decompresses what stands behind the unused bytes.
   *
   * @throws CorruptSegmentException if these are not exactly {@code size} bytes, compressed
   */
  static byte[] decompress(byte[] source, int unused, int size) {
    long announced = Zstd.getFrameContentSize(source, unused, source.length - unused);
    if (announced != size) {
      throw new CorruptSegmentException(
          "Segment has %d bytes of rows, its header says %d".formatted(announced, size));
    }
    byte[] target = new byte[size];
    ZstdDecompressCtx context = DECOMPRESSORS.poll();
    if (context == null) {
      context = new ZstdDecompressCtx();
    }
    try {
      int actual =
          context.decompressByteArray(target, 0, size, source, unused, source.length - unused);
      if (actual != size) {
        throw new CorruptSegmentException(
            "Segment has %d bytes of rows, its header says %d".formatted(actual, size));
      }
    } catch (ZstdException e) {
      throw new CorruptSegmentException("Segment does not decompress", e);
    } finally {
      context.reset();
      if (!DECOMPRESSORS.offer(context)) {
        context.close();
      }
    }
    return target;
  }
}
