package io.duckmesh.api.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.connector.ClientAbortException;
import org.junit.jupiter.api.Test;

class AnswerStreamTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /** A client that reads nothing until it is told to. */
  private static final class Client extends OutputStream {
    final CountDownLatch reads = new CountDownLatch(1);
    final ByteArrayOutputStream read = new ByteArrayOutputStream();
    final CountDownLatch flushed = new CountDownLatch(1);
    volatile boolean gone;

    static Client reading() {
      Client client = new Client();
      client.reads.countDown();
      return client;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        reads.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      if (gone) {
        throw new ClientAbortException("gone");
      }
      read.write(bytes, offset, length);
    }

    @Override
    public void flush() {
      flushed.countDown();
    }
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  private static void writeInPieces(AnswerStream stream, byte[] bytes) throws IOException {
    Random random = new Random(8);
    for (int from = 0; from < bytes.length; ) {
      int size = Math.min(bytes.length - from, 1 + random.nextInt(100_000));
      stream.write(bytes, from, size);
      from += size;
    }
  }

  @Test
  void everySizeArrivesWhole() throws IOException {
    for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_000}) {
      Client client = Client.reading();
      byte[] bytes = bytes(size);
      try (AnswerStream stream = new AnswerStream(client, LONG)) {
        writeInPieces(stream, bytes);
        stream.finish();
      }
      assertThat(client.read.toByteArray()).as("%d bytes", size).isEqualTo(bytes);
    }
  }

  @Test
  void smallAnswerIsKeptUntilItsEnd() throws IOException {
    Client client = Client.reading();
    try (AnswerStream stream = new AnswerStream(client, LONG)) {
      stream.write(bytes(60_000));
      stream.tick();
    }

    assertThat(client.read.size()).isZero();
  }

  @Test
  void answerThatComesSlowlyIsSentAndFlushedBeforeItsEnd() throws Exception {
    Client client = Client.reading();
    try (AnswerStream stream = new AnswerStream(client, LONG)) {
      stream.write(bytes(10));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (client.flushed.getCount() > 0 && System.nanoTime() < end) {
        stream.tick();
        client.flushed.await(10, TimeUnit.MILLISECONDS);
      }
      assertThat(client.read.toByteArray()).isEqualTo(bytes(10));

      stream.write(bytes(5));
      stream.finish();
    }
    assertThat(client.read.size()).isEqualTo(15);
  }

  @Test
  void writerOfAnAnswerThatNobodyReadsStopsWithItsQuery() throws Exception {
    Client client = new Client();
    CountDownLatch asked = new CountDownLatch(1);
    AnswerStream stream = new AnswerStream(client, LONG);
    CountDownLatch ended = new CountDownLatch(1);
    stream.stopWhen(
        () -> {
          asked.countDown();
          return ended.getCount() == 0;
        });
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () ->
                assertThatThrownBy(() -> stream.write(bytes(2_000_000)))
                    .isInstanceOf(InterruptedIOException.class));
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();

    ended.countDown();

    writing.get(20, TimeUnit.SECONDS);
    client.reads.countDown();
    stream.close();
  }

  @Test
  void clientThatReadsTooSlowlyIsGivenUp() {
    Client client = new Client();
    AnswerStream stream = new AnswerStream(client, Duration.ofMillis(50));

    assertThatThrownBy(() -> stream.write(bytes(2_000_000)))
        .isInstanceOf(ClientAbortException.class)
        .hasMessageContaining("50 ms");

    client.reads.countDown();
    stream.close();
  }

  @Test
  void failureOfTheSenderReachesTheWriter() {
    Client client = Client.reading();
    client.gone = true;
    try (AnswerStream stream = new AnswerStream(client, LONG)) {
      assertThatThrownBy(
              () -> {
                while (true) {
                  stream.write(bytes(100_000));
                }
              })
          .isInstanceOf(IOException.class)
          .hasCauseInstanceOf(ClientAbortException.class);
    }
  }

  @Test
  void failureOfTheLastChunkIsNoSuccess() throws IOException {
    Client client = new Client();
    try (AnswerStream stream = new AnswerStream(client, LONG)) {
      stream.write(bytes(200_000));
      client.gone = true;
      client.reads.countDown();

      assertThatThrownBy(stream::finish).isInstanceOf(IOException.class);
    }
  }
}
