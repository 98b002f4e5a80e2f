package io.duckmesh.engine.segment;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Hashes of keys and bodies: the first 16 bytes of SHA-256 over a byte for the kind and the parts,
 * each behind its length, so that neither kinds nor parts run into one another. They are kept in
 * logs and ledgers: the same input gives the same hash in every version. May be used from any
 * thread.
 */
public final class KeyHashes {
  private static final byte EVENT_KEY = 1;
  private static final byte REQUEST_KEY = 2;
  private static final byte BODY = 3;
  private static final byte REJECTED_ROWS = 4;
  private static final byte REPLAY = 5;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final ThreadLocal<KeyHasher> HASHERS = ThreadLocal.withInitial(KeyHasher::new);

  private KeyHashes() {}

  /** Hash of an event key of one or more parts, for example the values of several key columns. */
  public static KeyHash eventKey(List<String> parts) {
    KeyHasher hasher = HASHERS.get().begin(EVENT_KEY);
    for (String part : parts) {
      hasher.add(part.getBytes(UTF_8));
    }
    return hasher.end();
  }

  /** Hash of an event key whose parts are given as UTF-8. */
  public static KeyHash eventKey(byte[]... parts) {
    return hash(EVENT_KEY, parts);
  }

  /**
   * Hash of an event key whose parts stand as UTF-8 in one array, one right behind the other.
   *
   * @param ends where each part ends; the first begins at 0
   * @param parts how many of {@code ends} are meant
   */
  public static KeyHash eventKey(byte[] text, int[] ends, int parts) {
    KeyHasher hasher = HASHERS.get().begin(EVENT_KEY);
    int start = 0;
    for (int i = 0; i < parts; i++) {
      hasher.add(text, start, ends[i] - start);
      start = ends[i];
    }
    return hasher.end();
  }

  /** Hash that tells the segments of one request from one another and from those of any other. */
  public static KeyHash requestKey(String key, int shardOrdinal) {
    return hash(REQUEST_KEY, key.getBytes(UTF_8), Integer.toString(shardOrdinal).getBytes(UTF_8));
  }

  /** Hash that stands for a request's rejected rows, apart from those of its segments. */
  public static KeyHash rejectedRows(String requestKey) {
    return hash(REJECTED_ROWS, requestKey.getBytes(UTF_8));
  }

  /**
   * Hash that stands for what of a replayed segment goes to a shard: made from the segment's own
   * request key, so that two segments of one request, replayed both, are the same again.
   */
  public static KeyHash replay(KeyHash requestKey, int shardOrdinal) {
    return hash(
        REPLAY,
        Long.toHexString(requestKey.high()).getBytes(UTF_8),
        Long.toHexString(requestKey.low()).getBytes(UTF_8),
        Integer.toString(shardOrdinal).getBytes(UTF_8));
  }

  /** Hash of a body together with what else makes two requests the same, such as the table. */
  public static KeyHash body(byte[]... parts) {
    return hash(BODY, parts);
  }

  private static KeyHash hash(byte kind, byte[]... parts) {
    KeyHasher hasher = HASHERS.get().begin(kind);
    for (byte[] part : parts) {
      hasher.add(part);
    }
    return hasher.end();
  }

  /** Used by one thread, for one hash at a time. */
  private static final class KeyHasher {
    private final MessageDigest digest;
    private final byte[] length = new byte[Long.BYTES];

    KeyHasher() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every Java platform has SHA-256", e);
      }
    }

    KeyHasher begin(byte kind) {
      digest.reset();
      digest.update(kind);
      return this;
    }

    void add(byte[] part) {
      add(part, 0, part.length);
    }

    void add(byte[] part, int offset, int count) {
      LONG.set(length, 0, (long) count);
      digest.update(length);
      digest.update(part, offset, count);
    }

    KeyHash end() {
      byte[] hash = digest.digest();
      return new KeyHash((long) LONG.get(hash, 0), (long) LONG.get(hash, Long.BYTES));
    }
  }
}
