package io.duckmesh.worker.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** What became of a write. */
@Command(name = "receipts", description = "Shows what became of a write.")
public final class ReceiptsCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "RECEIPT", description = "Receipt id, as a write answers it.")
  private String receiptId = "";

  @Option(names = "--wait", description = "Waits until the write is visible.")
  private boolean waitVisible;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long --wait waits. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    JsonNode receipt =
        waitVisible
            ? await(
                gateway,
                new Sender(Duration.ofSeconds(timeoutSeconds), Terminal.err()::println),
                receiptId,
                Duration.ofSeconds(timeoutSeconds))
            : gateway.get("/v1/receipts/" + Gateway.encode(receiptId), Duration.ofSeconds(30));
    Terminal.out().println(receipt.toPrettyString());
    return waitVisible && receipt.path("state").asString("").equals("accepted") ? 1 : 0;
  }

  /** Asks for the receipt as it stands. */
  static JsonNode look(Gateway gateway, Sender sender, String receiptId) {
    return sender.send(
        () -> gateway.get("/v1/receipts/" + Gateway.encode(receiptId), Duration.ofSeconds(30)));
  }

  /** Asks for the receipt and lets the gateway wait; the write may still not be visible then. */
  static JsonNode await(Gateway gateway, Sender sender, String receiptId, Duration timeout) {
    String path =
        "/v1/receipts/%s?wait=visible&timeout=%ds"
            .formatted(Gateway.encode(receiptId), timeout.toSeconds());
    return sender.send(() -> gateway.get(path, timeout.plusSeconds(20)));
  }
}
