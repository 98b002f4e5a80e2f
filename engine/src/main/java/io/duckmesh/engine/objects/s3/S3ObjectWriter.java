package io.duckmesh.engine.objects.s3;

import io.duckmesh.engine.objects.ObjectExistsException;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.utils.DateUtils;

/**
 * Gathers a part in memory. What fits into one part is sent by a single request when it is
 * published; more goes up part by part while it is written and is put together when it is
 * published. Both only if the key is free.
 */
final class S3ObjectWriter implements ObjectWriter {
  private static final Logger log = LoggerFactory.getLogger(S3ObjectWriter.class);
  private static final int MAX_PARTS = 10_000;
  private static final int FIRST_BUFFER_BYTES = 64 << 10;
  private static final String CONTENT_TYPE = "application/octet-stream";

  /**
   * Metadata that tells the object of this writer from any other. When the answer to an upload is
   * lost, the SDK's second attempt finds the key taken, by the first one.
   */
  private static final String WRITER = "duckmesh-writer";

  private final S3Client client;
  private final S3Options options;
  private final ObjectKey key;
  private final String name;
  private final String writerId = UUID.randomUUID().toString();
  private final List<CompletedPart> parts = new ArrayList<>();
  private final Sink sink = new Sink();
  private byte[] buffer = new byte[FIRST_BUFFER_BYTES];
  private int buffered;
  private long sizeBytes;
  private @Nullable String uploadId;
  private boolean failed;
  private boolean ended;

  S3ObjectWriter(S3Client client, S3Options options, ObjectKey key) {
    this.client = client;
    this.options = options;
    this.key = key;
    this.name = options.prefix() + key.value();
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
    try {
      SdkResponse answer = uploadId == null ? put() : complete(uploadId);
      uploadId = null;
      return new ObjectInfo(key, sizeBytes, timeOf(answer));
    } catch (S3Exception e) {
      if (S3Failures.taken(e) || S3Failures.notFound(e)) {
        return publishedByLostAnswer(e);
      }
      throw unknown(e);
    } catch (SdkException e) {
      throw unknown(e);
    } finally {
      discard();
    }
  }

  @Override
  public void close() {
    ended = true;
    discard();
  }

  private SdkResponse put() {
    return client.putObject(
        request ->
            request
                .bucket(options.bucket())
                .key(name)
                .ifNoneMatch("*")
                .metadata(Map.of(WRITER, writerId))
                .contentType(CONTENT_TYPE)
                .checksumCRC32C(checksum()),
        body());
  }

  private SdkResponse complete(String upload) {
    if (buffered > 0) {
      uploadPart();
    }
    return client.completeMultipartUpload(
        request ->
            request
                .bucket(options.bucket())
                .key(name)
                .uploadId(upload)
                .ifNoneMatch("*")
                .multipartUpload(whole -> whole.parts(parts)));
  }

  /** When the service answered; asking it for the object's own time would be one more request. */
  private Instant timeOf(SdkResponse answer) {
    return answer
        .sdkHttpResponse()
        .firstMatchingHeader("Date")
        .map(DateUtils::parseRfc822Date)
        .orElseGet(() -> head().lastModified());
  }

  /**
   * The key is taken or the upload is not there any more: an attempt of this writer succeeded and
   * its answer was lost, or somebody else was first.
   */
  private ObjectInfo publishedByLostAnswer(S3Exception refusal) {
    HeadObjectResponse head;
    try {
      head = head();
    } catch (SdkException e) {
      e.addSuppressed(refusal);
      throw unknown(e);
    }
    if (!writerId.equals(head.metadata().get(WRITER))) {
      throw new ObjectExistsException(key);
    }
    uploadId = null;
    return new ObjectInfo(key, sizeBytes, head.lastModified());
  }

  private HeadObjectResponse head() {
    return client.headObject(request -> request.bucket(options.bucket()).key(name));
  }

  private ObjectStoreUnavailableException unknown(SdkException e) {
    return S3Failures.unavailable("Cannot tell whether object %s is there".formatted(key), e);
  }

  private void uploadPart() {
    if (uploadId == null) {
      uploadId =
          client
              .createMultipartUpload(
                  request ->
                      request
                          .bucket(options.bucket())
                          .key(name)
                          .metadata(Map.of(WRITER, writerId))
                          .contentType(CONTENT_TYPE)
                          .checksumAlgorithm(ChecksumAlgorithm.CRC32_C))
              .uploadId();
    }
    String upload = uploadId;
    int number = parts.size() + 1;
    String checksum = checksum();
    String entityTag =
        client
            .uploadPart(
                request ->
                    request
                        .bucket(options.bucket())
                        .key(name)
                        .uploadId(upload)
                        .partNumber(number)
                        .checksumCRC32C(checksum),
                body())
            .eTag();
    parts.add(
        CompletedPart.builder()
            .partNumber(number)
            .eTag(entityTag)
            .checksumCRC32C(checksum)
            .build());
    buffered = 0;
  }

  private RequestBody body() {
    byte[] bytes = buffer;
    int length = buffered;
    return RequestBody.fromContentProvider(
        () -> new ByteArrayInputStream(bytes, 0, length), length, CONTENT_TYPE);
  }

  private String checksum() {
    CRC32C checksum = new CRC32C();
    checksum.update(buffer, 0, buffered);
    byte[] bytes = ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array();
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * Frees what the service keeps of an upload that did not become an object. What stays there when
   * that fails is for the bucket's own rule on incomplete uploads.
   */
  private void discard() {
    buffer = new byte[0];
    String upload = uploadId;
    if (upload == null) {
      return;
    }
    uploadId = null;
    try {
      client.abortMultipartUpload(
          request -> request.bucket(options.bucket()).key(name).uploadId(upload));
    } catch (SdkException e) {
      log.warn("Cannot abort upload key={} uploadId={}", key, upload, e);
    }
  }

  private final class Sink extends OutputStream {
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
      int from = offset;
      int end = offset + length;
      while (from < end) {
        if (buffered == options.partBytes()) {
          sendPart();
        }
        int count = Math.min(end - from, options.partBytes() - buffered);
        makeRoom(count);
        System.arraycopy(bytes, from, buffer, buffered, count);
        buffered += count;
        from += count;
      }
      sizeBytes += length;
    }

    @Override
    public void close() {
      closed = true;
    }

    private void sendPart() throws IOException {
      if (failed || parts.size() == MAX_PARTS - 1) {
        failed = true;
        throw new IOException(
            "Object %s does not fit into %d parts of %d bytes"
                .formatted(key, MAX_PARTS, options.partBytes()));
      }
      try {
        uploadPart();
      } catch (SdkException e) {
        failed = true;
        throw S3Failures.unavailable("Cannot write object " + key, e);
      }
    }

    private void makeRoom(int count) {
      int needed = buffered + count;
      if (needed > buffer.length) {
        int length = Math.clamp(buffer.length * 2L, needed, options.partBytes());
        buffer = Arrays.copyOf(buffer, length);
      }
    }
  }
}
