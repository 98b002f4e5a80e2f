package io.duckmesh.bench.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replaces texts among the constants of classes while they are loaded. Lives in the JVM of the
 * program, without anything else of this module. A text that is not there ends the JVM, so that a
 * mutant cannot become the healthy program unnoticed.
 */
public final class ReplacementAgent implements ClassFileTransformer {
  private static final int LINES = 3;
  private static final int NOT_FOUND = 70;

  private final List<String> replacements;

  private ReplacementAgent(List<String> replacements) {
    this.replacements = replacements;
  }

  /**
   * Called by the JVM.
   *
   * @param file three lines for each replacement: class, text, and what is put in its place; line
   *     breaks of texts are written as {@code \n}
   */
  public static void premain(String file, Instrumentation instrumentation) throws IOException {
    instrumentation.addTransformer(new ReplacementAgent(Files.readAllLines(Path.of(file))));
  }

  @Override
  public byte @Nullable [] transform(
      @Nullable ClassLoader loader,
      String className,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] classFile) {
    byte[] result = null;
    for (int line = 0; line + LINES <= replacements.size(); line += LINES) {
      if (replacements.get(line).equals(className)) {
        result =
            replace(
                result == null ? classFile : result,
                unescape(replacements.get(line + 1)),
                unescape(replacements.get(line + 2)));
      }
    }
    return result;
  }

  private static String unescape(String text) {
    return text.replace("\\n", "\n");
  }

  private static byte[] replace(byte[] classFile, String text, String replacement) {
    try {
      return replaceOrThrow(classFile, text, replacement);
    } catch (IOException e) {
      System.err.println("Mutant is not possible: " + e.getMessage());
      Runtime.getRuntime().halt(NOT_FOUND);
      throw new IllegalStateException(e);
    }
  }

  private static byte[] replaceOrThrow(byte[] classFile, String text, String replacement)
      throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(classFile.length);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(in.readInt());
    out.writeInt(in.readInt());
    int constants = in.readUnsignedShort();
    out.writeShort(constants);
    boolean found = false;
    for (int i = 1; i < constants; i++) {
      int tag = in.readUnsignedByte();
      out.writeByte(tag);
      if (tag == 1) {
        byte[] utf8 = in.readNBytes(in.readUnsignedShort());
        String value = new String(utf8, US_ASCII);
        if (value.contains(text)) {
          utf8 = value.replace(text, replacement).getBytes(US_ASCII);
          found = true;
        }
        out.writeShort(utf8.length);
        out.write(utf8);
      } else {
        out.write(in.readNBytes(sizeOf(tag)));
        if (tag == 5 || tag == 6) {
          // A long or a double takes two places.
          i++;
        }
      }
    }
    if (!found) {
      throw new IOException("there is no text like " + text);
    }
    in.transferTo(out);
    return bytes.toByteArray();
  }

  private static int sizeOf(int tag) throws IOException {
    return switch (tag) {
      case 7, 8, 16, 19, 20 -> 2;
      case 15 -> 3;
      case 3, 4, 9, 10, 11, 12, 17, 18 -> 4;
      case 5, 6 -> 8;
      default -> throw new IOException("a constant of unknown kind " + tag);
    };
  }
}
