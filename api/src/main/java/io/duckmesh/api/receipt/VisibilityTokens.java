package io.duckmesh.api.receipt;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import java.util.SortedMap;
import java.util.TreeMap;

/** Tokens: opaque signed texts that name the positions which a write occupies. */
public final class VisibilityTokens {
  static final String PREFIX = "dmt_";

  private final SealedText sealed;

  public VisibilityTokens(Installation installation) {
    this.sealed = new SealedText(PREFIX, installation);
  }

  public String encode(TenantId tenant, Positions positions) {
    SealedText.Writer writer = new SealedText.Writer().name(tenant.value());
    write(writer, positions);
    return sealed.seal(writer.bytes());
  }

  /**
   * The positions that the token names.
   *
   * @throws ProblemException {@link ApiError#VISIBILITY_TOKEN_INVALID} if it is malformed or was
   *     changed, {@link ApiError#TOKEN_SCOPE_MISMATCH} if another installation or tenant has it
   */
  public Positions decode(TenantId tenant, String token) {
    SealedText.Reader reader;
    try {
      reader = new SealedText.Reader(sealed.open(token));
    } catch (SealedText.MalformedException e) {
      throw new ProblemException(
          ApiError.VISIBILITY_TOKEN_INVALID,
          "The visibility token is not valid: " + e.getMessage());
    } catch (SealedText.OtherInstallationException e) {
      throw new ProblemException(
          ApiError.TOKEN_SCOPE_MISMATCH, "The visibility token is of another installation");
    }
    if (!reader.name().equals(tenant.value())) {
      throw new ProblemException(
          ApiError.TOKEN_SCOPE_MISMATCH, "The visibility token is of another tenant");
    }
    return read(reader);
  }

  static void write(SealedText.Writer writer, Positions positions) {
    writer.number(positions.byShard().size());
    positions.byShard().forEach((shard, position) -> writer.name(shard.value()).number(position));
  }

  static Positions read(SealedText.Reader reader) {
    SortedMap<ShardId, Long> positions = new TreeMap<>();
    long count = reader.number();
    for (long i = 0; i < count; i++) {
      positions.put(new ShardId(reader.name()), reader.number());
    }
    return new Positions(positions);
  }
}
