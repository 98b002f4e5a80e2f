package io.duckmesh.engine.parquet;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Compresses pages with zstd. Parquet's own compressor needs Hadoop at run time, this one does not.
 */
final class ZstdCompressor implements BytesInputCompressor, AutoCloseable {
  private final ZstdCompressCtx context = new ZstdCompressCtx();

  ZstdCompressor(int level) {
    context.setLevel(level);
  }

  @Override
  public BytesInput compress(BytesInput bytes) throws IOException {
    byte[] plain = bytes.toByteArray();
    byte[] compressed = new byte[(int) Zstd.compressBound(plain.length)];
    int size = context.compressByteArray(compressed, 0, compressed.length, plain, 0, plain.length);
    // The page waits in memory for the end of its row group, so it keeps no spare room.
    return BytesInput.from(Arrays.copyOf(compressed, size));
  }

  @Override
  public CompressionCodecName getCodecName() {
    return CompressionCodecName.ZSTD;
  }

  @Override
  public void release() {
    // Parquet releases per row group; the context lives as long as the file.
  }

  @Override
  public void close() {
    context.close();
  }
}
