package io.duckmesh.engine.objects.local;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectExistsException;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes to a temporary file and links it to its place when it is whole and durable. */
final class LocalObjectWriter implements ObjectWriter {
  private static final Logger log = LoggerFactory.getLogger(LocalObjectWriter.class);
  private static final int BUFFER_BYTES = 64 << 10;

  private final LocalObjectStore store;
  private final ObjectKey key;
  private final Path temporary;
  private final FileChannel channel;
  private final Sink sink = new Sink();
  private boolean failed;
  private boolean ended;

  LocalObjectWriter(LocalObjectStore store, ObjectKey key, Path temporary) throws IOException {
    this.store = store;
    this.key = key;
    this.temporary = temporary;
    this.channel = FileChannel.open(temporary, CREATE_NEW, WRITE);
  }

  @Override
  public OutputStream stream() {
    return sink;
  }

  @Override
  public ObjectInfo publish() {
    if (ended) {
      throw new IllegalStateException("Object %s was published or closed before".formatted(key));
    }
    if (failed) {
      throw new ObjectStoreUnavailableException(
          "Cannot publish object %s: not all of its bytes were written".formatted(key));
    }
    ended = true;
    Path file = store.path(key);
    try {
      sink.drain();
      channel.force(true);
      Path folder = requireNonNull(file.getParent());
      store.createFolder(folder);
      Files.createLink(file, temporary);
      LocalObjectStore.sync(folder);
      return LocalObjectStore.info(key, file)
          .orElseThrow(
              () ->
                  new ObjectStoreUnavailableException(
                      "Object %s vanished while it was published".formatted(key)));
    } catch (FileAlreadyExistsException e) {
      throw new ObjectExistsException(key);
    } catch (IOException e) {
      throw LocalFailures.unavailable("Cannot tell whether object %s is there".formatted(key), e);
    } finally {
      discard();
    }
  }

  @Override
  public void close() {
    ended = true;
    discard();
  }

  /** What cannot be deleted now is deleted as abandoned later. */
  private void discard() {
    if (!channel.isOpen()) {
      return;
    }
    try {
      channel.close();
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      log.warn("Cannot delete temporary file file={}", temporary, e);
    }
  }

  private final class Sink extends OutputStream {
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private boolean closed;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (closed || ended) {
        throw new IOException("The stream of object %s is closed".formatted(key));
      }
      try {
        if (length > buffer.remaining()) {
          drain();
        }
        if (length > buffer.capacity()) {
          writeAll(ByteBuffer.wrap(bytes, offset, length));
        } else {
          buffer.put(bytes, offset, length);
        }
      } catch (IOException e) {
        failed = true;
        throw LocalFailures.unavailable("Cannot write object " + key, e);
      }
    }

    @Override
    public void close() {
      closed = true;
    }

    void drain() throws IOException {
      writeAll(buffer.flip());
      buffer.clear();
    }

    private void writeAll(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }
}
