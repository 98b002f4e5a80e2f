package io.duckmesh.api.receipt;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import java.util.UUID;

/** Receipt ids: signed texts that carry the receipt, so that giving one costs no write. */
public final class Receipts {
  static final String PREFIX = "dmr_";

  private final SealedText sealed;

  public Receipts(Installation installation) {
    this.sealed = new SealedText(PREFIX, installation);
  }

  public String encode(Receipt receipt) {
    UUID table = receipt.table().value();
    SealedText.Writer writer =
        new SealedText.Writer()
            .name(receipt.tenant().value())
            .fixed(table.getMostSignificantBits())
            .fixed(table.getLeastSignificantBits())
            .number(receipt.rowCount())
            .number(receipt.acceptedAt().toEpochMilli());
    VisibilityTokens.write(writer, receipt.positions());
    Receipt.Misfits misfits = receipt.misfits();
    if (misfits != null) {
      writer.name(misfits.shard().value()).number(misfits.position()).number(misfits.rowCount());
    }
    return sealed.seal(writer.bytes());
  }

  /**
   * The receipt of the id.
   *
   * @throws ProblemException {@link ApiError#RECEIPT_NOT_FOUND} if this installation has given the
   *     tenant no such receipt
   */
  public Receipt decode(TenantId tenant, String receiptId) {
    SealedText.Reader reader;
    try {
      reader = new SealedText.Reader(sealed.open(receiptId));
    } catch (SealedText.MalformedException e) {
      throw notFound("the id is not valid: " + e.getMessage());
    } catch (SealedText.OtherInstallationException e) {
      throw notFound("it is of another installation");
    }
    if (!reader.name().equals(tenant.value())) {
      throw notFound("it is not of this tenant");
    }
    return new Receipt(
        tenant,
        new TableId(new UUID(reader.fixed(), reader.fixed())),
        reader.number(),
        Instant.ofEpochMilli(reader.number()),
        VisibilityTokens.read(reader),
        reader.hasMore()
            ? new Receipt.Misfits(new ShardId(reader.name()), reader.number(), reader.number())
            : null);
  }

  private static ProblemException notFound(String reason) {
    return new ProblemException(ApiError.RECEIPT_NOT_FOUND, "There is no such receipt: " + reason);
  }
}
