package io.duckmesh.engine.objects.s3;

import io.duckmesh.engine.objects.ObjectInfo;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Objects of a listing, page by page as they are asked for. */
final class S3ObjectIterator implements Iterator<ObjectInfo> {
  private final Function<Optional<String>, ListObjectsV2Response> pages;
  private final Function<S3Object, Optional<ObjectInfo>> info;
  private Iterator<S3Object> page = Collections.emptyIterator();
  private Optional<String> continuationToken = Optional.empty();
  private boolean last;
  private @Nullable ObjectInfo next;

  S3ObjectIterator(
      Function<Optional<String>, ListObjectsV2Response> pages,
      Function<S3Object, Optional<ObjectInfo>> info) {
    this.pages = pages;
    this.info = info;
  }

  @Override
  public boolean hasNext() {
    while (next == null && (page.hasNext() || !last)) {
      if (page.hasNext()) {
        next = info.apply(page.next()).orElse(null);
      } else {
        turn();
      }
    }
    return next != null;
  }

  @Override
  public ObjectInfo next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    ObjectInfo result = next;
    next = null;
    return result;
  }

  private void turn() {
    ListObjectsV2Response response = pages.apply(continuationToken);
    page = response.contents().iterator();
    continuationToken = Optional.ofNullable(response.nextContinuationToken());
    last = !Boolean.TRUE.equals(response.isTruncated()) || continuationToken.isEmpty();
  }
}
