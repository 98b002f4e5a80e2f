package io.duckmesh.engine.objects;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/** Objects in memory, not as files of the machine; gone with the instance. */
public class InMemoryObjectStore implements ObjectStore {
  private final ConcurrentNavigableMap<String, StoredObject> objects =
      new ConcurrentSkipListMap<>();
  private final Clock clock;

  public InMemoryObjectStore(Clock clock) {
    this.clock = clock;
  }

  @Override
  public ObjectWriter create(ObjectKey key) {
    return new InMemoryWriter(key);
  }

  @Override
  public InputStream open(ObjectKey key) {
    StoredObject object = objects.get(key.value());
    if (object == null) {
      throw new ObjectNotFoundException(key);
    }
    return new ByteArrayInputStream(object.bytes());
  }

  @Override
  public Optional<ObjectInfo> find(ObjectKey key) {
    return Optional.ofNullable(objects.get(key.value())).map(StoredObject::info);
  }

  @Override
  public void delete(Collection<ObjectKey> keys) {
    keys.forEach(key -> objects.remove(key.value()));
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    List<StoredObject> found =
        objects.tailMap(prefix).values().stream()
            .takeWhile(object -> object.info().key().value().startsWith(prefix))
            .toList();
    return found.stream().map(StoredObject::info);
  }

  @Override
  public Optional<Path> localRoot() {
    return Optional.empty();
  }

  @Override
  public void close() {}

  @SuppressWarnings("ArrayRecordComponent") // never compared, never handed out
  private record StoredObject(ObjectInfo info, byte[] bytes) {}

  private final class InMemoryWriter implements ObjectWriter {
    private final ObjectKey key;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean ended;

    InMemoryWriter(ObjectKey key) {
      this.key = key;
    }

    @Override
    public OutputStream stream() {
      return new FilterOutputStream(bytes) {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
          if (ended) {
            throw new IOException("The stream of object %s is closed".formatted(key));
          }
          bytes.write(source, offset, length);
        }
      };
    }

    @Override
    public ObjectInfo publish() {
      if (ended) {
        throw new IllegalStateException("Object %s was published or closed before".formatted(key));
      }
      ended = true;
      ObjectInfo info = new ObjectInfo(key, bytes.size(), clock.instant());
      StoredObject object = new StoredObject(info, bytes.toByteArray());
      if (objects.putIfAbsent(key.value(), object) != null) {
        throw new ObjectExistsException(key);
      }
      return info;
    }

    @Override
    public void close() {
      ended = true;
    }
  }
}
