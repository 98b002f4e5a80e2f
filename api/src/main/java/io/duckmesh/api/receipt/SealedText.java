package io.duckmesh.api.receipt;

import io.duckmesh.catalog.Installation;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Texts that only this installation can make: a prefix, then base64url of version, installation,
 * content and the first 16 bytes of an HMAC-SHA256 over prefix and everything before it.
 */
final class SealedText {
  private static final byte VERSION = 1;
  private static final int HEAD_BYTES = 1 + Long.BYTES;
  private static final int MAC_BYTES = 16;
  private static final int MAX_LENGTH = 4096;

  private final String prefix;
  private final long installation;
  private final Mac mac;

  SealedText(String prefix, Installation installation) {
    this.prefix = prefix;
    this.installation = installation.id().getMostSignificantBits();
    try {
      this.mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(installation.secret(), "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }

  /** The text is not one of ours, or was changed. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message, null, false, false);
    }
  }

  /** The text says that another installation made it. */
  static final class OtherInstallationException extends Exception {
    private static final long serialVersionUID = 1L;

    OtherInstallationException() {
      super("Made by another installation", null, false, false);
    }
  }

  String seal(byte[] content) {
    byte[] bytes = new byte[HEAD_BYTES + content.length + MAC_BYTES];
    ByteBuffer.wrap(bytes).put(VERSION).putLong(installation).put(content);
    int signed = bytes.length - MAC_BYTES;
    System.arraycopy(sign(bytes, signed), 0, bytes, signed, MAC_BYTES);
    return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  byte[] open(String text) throws MalformedException, OtherInstallationException {
    if (!text.startsWith(prefix)) {
      throw new MalformedException("Does not begin with " + prefix);
    }
    if (text.length() > MAX_LENGTH) {
      throw new MalformedException("Longer than " + MAX_LENGTH + " characters");
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text.substring(prefix.length()));
    } catch (IllegalArgumentException e) {
      throw new MalformedException("Has characters that no token has");
    }
    if (bytes.length < HEAD_BYTES + MAC_BYTES || bytes[0] != VERSION) {
      throw new MalformedException("Is not whole");
    }
    // The decoder forgives bits behind the last byte; two texts for one token would not be one.
    if (!Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(bytes)
        .regionMatches(0, text, prefix.length(), text.length() - prefix.length())) {
      throw new MalformedException("Is not whole");
    }
    if (ByteBuffer.wrap(bytes).getLong(1) != installation) {
      throw new OtherInstallationException();
    }
    int signed = bytes.length - MAC_BYTES;
    byte[] expected = Arrays.copyOf(sign(bytes, signed), MAC_BYTES);
    if (!MessageDigest.isEqual(expected, Arrays.copyOfRange(bytes, signed, bytes.length))) {
      throw new MalformedException("Was changed");
    }
    return Arrays.copyOfRange(bytes, HEAD_BYTES, signed);
  }

  private byte[] sign(byte[] bytes, int length) {
    try {
      Mac own = (Mac) mac.clone();
      own.update(prefix.getBytes(StandardCharsets.UTF_8));
      own.update(bytes, 0, length);
      return own.doFinal();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("HmacSHA256 of this JDK cannot be copied", e);
    }
  }

  /** Writes the numbers and names of a content, small values in few bytes. */
  static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(64);

    Writer number(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        out.write((int) ((rest & 0x7F) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
      return this;
    }

    Writer name(String name) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      number(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    Writer fixed(long value) {
      out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }

  /**
   * Reads what {@link Writer} wrote. The content is signed, so what does not fit is our mistake.
   */
  static final class Reader {
    private final ByteBuffer in;

    Reader(byte[] content) {
      this.in = ByteBuffer.wrap(content);
    }

    boolean hasMore() {
      return in.hasRemaining();
    }

    long number() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = in.get();
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    String name() {
      byte[] bytes = new byte[(int) number()];
      in.get(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }

    long fixed() {
      return in.getLong();
    }
  }
}
