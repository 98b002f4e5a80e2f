package io.duckmesh.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real S3 server (versitygw) that keeps its objects in a temporary directory. {@link #shared()}
 * is started once in a JVM and ends with it; tests that stop or kill their server start their own.
 * No server outlives the JVM.
 */
public final class S3Server implements AutoCloseable {
  private static final AtomicInteger BUCKETS = new AtomicInteger();

  private final Path program;
  private final Path directory;
  private final int port;
  private @Nullable ChildProgram child;

  private S3Server(Path program, Path directory, int port) {
    this.program = program;
    this.directory = directory;
    this.port = port;
  }

  /** Starts a server of its own without buckets; the caller closes it. */
  public static S3Server start() {
    S3Server server =
        new S3Server(
            Programs.require("versitygw"),
            ChildProgram.newDirectory("duckmesh-s3-"),
            ChildProgram.freePort());
    server.restart();
    return server;
  }

  /** The server that all tests of this JVM share. */
  public static S3Server shared() {
    return Shared.SERVER;
  }

  /** Where clients connect; buckets are the first segment of the path; the same after a restart. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public String region() {
    return "us-east-1";
  }

  public String accessKey() {
    return "duckmesh";
  }

  public String secretKey() {
    return "duckmesh-secret";
  }

  /** Makes a new, empty bucket and returns its name. */
  public String createBucket() {
    String name = "test-bucket-" + BUCKETS.incrementAndGet();
    try {
      Files.createDirectory(bucketDirectory(name));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create bucket " + name, e);
    }
    return name;
  }

  /** The server's own files of a bucket, by key, to look at and to damage. */
  public Path bucketDirectory(String bucket) {
    return directory.resolve("buckets").resolve(bucket);
  }

  /** What the server printed, over all its starts. */
  public Path log() {
    return directory.resolve("versitygw.log");
  }

  /** Stops the server in good order; its objects stay for {@link #restart()}. */
  public synchronized void stop() {
    if (child != null) {
      child.stop();
      child = null;
    }
  }

  /** Ends the server with SIGKILL; its objects stay for {@link #restart()}. */
  public synchronized void kill() {
    if (child != null) {
      child.kill();
      child = null;
    }
  }

  /** Makes the server hang until {@link #resume()}: connections are accepted, nothing answers. */
  public synchronized void pause() {
    if (child != null) {
      child.signal("STOP");
    }
  }

  /** Ends what {@link #pause()} began. */
  public synchronized void resume() {
    if (child != null) {
      child.signal("CONT");
    }
  }

  /** Starts the server on its directory, stopping it before if it runs; returns when it answers. */
  public synchronized void restart() {
    stop();
    try {
      Files.createDirectories(directory.resolve("buckets"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create " + directory, e);
    }
    List<String> command =
        List.of(
            program.toString(),
            "--port",
            "127.0.0.1:" + port,
            "--region",
            region(),
            "--quiet",
            "posix",
            directory.resolve("buckets").toString());
    Map<String, String> credentials =
        Map.of("ROOT_ACCESS_KEY", accessKey(), "ROOT_SECRET_KEY", secretKey());
    child = ChildProgram.start("versitygw", command, credentials, log());
    child.awaitReady(this::answers);
  }

  /** Ends the server and deletes its objects. */
  @Override
  public synchronized void close() {
    kill();
    ChildProgram.deleteDirectory(directory);
  }

  /** Any answer will do, the refusal of a request without credentials, too. */
  private boolean answers() {
    try {
      HttpURLConnection connection = (HttpURLConnection) endpoint().toURL().openConnection();
      connection.setConnectTimeout(1_000);
      connection.setReadTimeout(1_000);
      try {
        return connection.getResponseCode() > 0;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return false;
    }
  }

  private static final class Shared {
    static final S3Server SERVER = startUntilExit();

    private static S3Server startUntilExit() {
      S3Server server = start();
      Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop-s3"));
      return server;
    }
  }
}
