package io.duckmesh.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class ChunksTest {
  @Test
  void ndjsonIsCutAtLineEndsByRows() throws IOException {
    List<Chunk> chunks = read("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", false, 2, 1000);

    assertThat(bodies(chunks)).containsExactly("{\"a\":1}\n{\"a\":2}\n", "{\"a\":3}\n");
    assertThat(chunks).extracting(Chunk::rows).containsExactly(2, 1);
    assertThat(chunks).extracting(Chunk::firstLine).containsExactly(1L, 3L);
    assertThat(chunks).extracting(Chunk::ordinal).containsExactly(0, 1);
  }

  @Test
  void ndjsonIsCutAtLineEndsByBytes() throws IOException {
    List<Chunk> chunks = read("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", false, 100, 17);

    assertThat(bodies(chunks)).containsExactly("{\"a\":1}\n{\"a\":2}\n", "{\"a\":3}\n");
  }

  @Test
  void lastLineNeedsNoLineEnd() throws IOException {
    assertThat(bodies(read("{\"a\":1}\n{\"a\":2}", false, 10, 1000)))
        .containsExactly("{\"a\":1}\n{\"a\":2}");
  }

  @Test
  void blankLinesCountAsLinesButNotAsRows() throws IOException {
    List<Chunk> chunks = read("\n{\"a\":1}\n \t\r\n{\"a\":2}\n\n", false, 1, 1000);

    assertThat(chunks).extracting(Chunk::rows).containsExactly(1, 1);
    // The gateway numbers rows by lines of the body, blank ones included.
    assertThat(chunks.get(0).line(2)).isEqualTo(2);
    assertThat(chunks.get(1).line(2)).isEqualTo(4);
  }

  @Test
  void aLineLongerThanAChunkGoesAlone() throws IOException {
    String longLine = "{\"a\":\"" + "x".repeat(200_000) + "\"}\n";

    List<Chunk> chunks = read("{\"a\":1}\n" + longLine + "{\"a\":3}\n", false, 100, 1000);

    assertThat(bodies(chunks)).containsExactly("{\"a\":1}\n", longLine, "{\"a\":3}\n");
    assertThat(chunks.get(2).firstLine()).isEqualTo(3);
  }

  @Test
  void chunksTogetherAreTheInputWhateverTheLimits() throws IOException {
    Random random = new Random(7);
    StringBuilder text = new StringBuilder();
    for (int line = 0; line < 2_000; line++) {
      text.append("{\"a\":\"").append("y".repeat(random.nextInt(300))).append("\"}\n");
    }

    for (int bytes : new int[] {1, 100, 4_096, 100_000}) {
      List<Chunk> chunks = read(text.toString(), false, 1 + random.nextInt(50), bytes);

      assertThat(String.join("", bodies(chunks))).isEqualTo(text.toString());
      assertThat(chunks.stream().mapToInt(Chunk::rows).sum()).isEqualTo(2_000);
    }
  }

  @Test
  void emptyInputHasNoChunks() throws IOException {
    assertThat(read("", false, 10, 10)).isEmpty();
    assertThat(read("\n \n", false, 10, 10)).isEmpty();
  }

  @Test
  void gzipIsRecognisedByContent() throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write("{\"a\":1}\n".getBytes(StandardCharsets.UTF_8));
    }

    try (Chunks chunks =
        Chunks.read(new ByteArrayInputStream(zipped.toByteArray()), false, 10, 100)) {
      assertThat(bodies(List.of(chunks.next().orElseThrow()))).containsExactly("{\"a\":1}\n");
    }
  }

  @Test
  void jsonArrayBecomesLinesWithTheLineThatEachRowComesFrom() throws IOException {
    List<Chunk> chunks =
        read("[\n  {\"a\": 1},\n\n  {\"a\": {\"b\": [1, 2]}}, {\"a\": null}\n]", false, 2, 1000);

    assertThat(bodies(chunks))
        .containsExactly("{\"a\":1}\n{\"a\":{\"b\":[1,2]}}\n", "{\"a\":null}\n");
    assertThat(chunks.get(0).line(1)).isEqualTo(2);
    assertThat(chunks.get(0).line(2)).isEqualTo(4);
    assertThat(chunks.get(1).line(1)).isEqualTo(4);
  }

  @Test
  void jsonObjectsMayFollowEachOtherOverManyLines() throws IOException {
    assertThat(bodies(read("{\n\"a\": 1\n}\n{\n\"a\": 2\n}\n", true, 10, 1000)))
        .containsExactly("{\"a\":1}\n{\"a\":2}\n");
  }

  @Test
  void numbersOfJsonKeepEveryDigit() throws IOException {
    String row = "{\"a\":12345678901234567890.12345678901234567890,\"b\":1E+400,\"c\":1.10}\n";

    assertThat(bodies(read("[" + row + "]", false, 10, 1000))).containsExactly(row);
  }

  @Test
  void brokenJsonIsNamedByItsLine() {
    assertThatThrownBy(() -> read("[\n{\"a\":1},\n{\"a\":}\n]", false, 10, 1000))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageStartingWith("Line 3: not JSON");
  }

  @Test
  void gzippedMembersAreReadOneAfterTheOther() throws IOException {
    byte[] both = concat(zipped("{\"a\":1}\n"), zipped("{\"a\":2}\n"));

    assertThat(bodies(read(both, false, 10, 1000))).containsExactly("{\"a\":1}\n{\"a\":2}\n");
  }

  @Test
  void aSecondGzippedMemberThatIsCutAnywhereIsNotTheEnd() throws IOException {
    byte[] first = zipped("{\"a\":1}\n");
    byte[] second = zipped("{\"a\":2}\n");

    for (int length = 1; length < second.length; length++) {
      byte[] cut = concat(first, Arrays.copyOf(second, length));
      assertThatThrownBy(() -> read(cut, false, 10, 1000))
          .as("second member cut after %d bytes", length)
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> read(cut, true, 10, 1000))
          .as("JSON, second member cut after %d bytes", length)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void junkBehindAGzippedMemberIsNotTheEnd() throws IOException {
    byte[] junk = concat(zipped("{\"a\":1}\n"), "{\"a\":2}\n".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> read(junk, false, 10, 1000)).isInstanceOf(IOException.class);
  }

  private static byte[] zipped(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
      zip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static List<Chunk> read(String text, boolean json, int rows, int bytes)
      throws IOException {
    return read(text.getBytes(StandardCharsets.UTF_8), json, rows, bytes);
  }

  private static List<Chunk> read(byte[] input, boolean json, int rows, int bytes)
      throws IOException {
    List<Chunk> all = new ArrayList<>();
    try (Chunks chunks = Chunks.read(new ByteArrayInputStream(input), json, rows, bytes)) {
      for (Optional<Chunk> next = chunks.next(); next.isPresent(); next = chunks.next()) {
        all.add(next.get());
      }
    }
    return all;
  }

  private static List<String> bodies(List<Chunk> chunks) {
    return chunks.stream().map(chunk -> new String(chunk.body(), StandardCharsets.UTF_8)).toList();
  }
}
