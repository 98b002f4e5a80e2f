package io.duckmesh.activities;

import io.duckmesh.workflows.SearchAttributes;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.ListSearchAttributesRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.common.SearchAttributeKey;
import io.temporal.serviceclient.OperatorServiceStubs;
import io.temporal.serviceclient.OperatorServiceStubsOptions;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes our search attributes known to the server. */
public final class SearchAttributeSetup {
  private static final Logger log = LoggerFactory.getLogger(SearchAttributeSetup.class);

  private SearchAttributeSetup() {}

  /**
   * Registers what is missing.
   *
   * @return whether workflows can use them; where the server does not let us, they go without
   * @throws StatusRuntimeException if the server does not answer
   */
  public static boolean ensure(WorkflowClient client) {
    String namespace = client.getOptions().getNamespace();
    OperatorServiceStubs operator =
        OperatorServiceStubs.newServiceStubs(
            OperatorServiceStubsOptions.newBuilder()
                .setChannel(client.getWorkflowServiceStubs().getRawChannel())
                .validateAndBuildWithDefaults());
    try {
      Map<String, IndexedValueType> known =
          operator
              .blockingStub()
              .listSearchAttributes(
                  ListSearchAttributesRequest.newBuilder().setNamespace(namespace).build())
              .getCustomAttributesMap();
      Map<String, IndexedValueType> missing = new HashMap<>();
      for (SearchAttributeKey<?> attribute : SearchAttributes.ALL) {
        IndexedValueType type = known.get(attribute.getName());
        if (type == null) {
          missing.put(attribute.getName(), attribute.getValueType());
        } else if (type != attribute.getValueType()) {
          log.warn(
              "Workflows go without search attributes: {} is {} on the server, but should be {}",
              attribute.getName(),
              type,
              attribute.getValueType());
          return false;
        }
      }
      if (!missing.isEmpty()) {
        operator
            .blockingStub()
            .addSearchAttributes(
                AddSearchAttributesRequest.newBuilder()
                    .setNamespace(namespace)
                    .putAllSearchAttributes(missing)
                    .build());
        log.info("Search attributes registered names={}", missing.keySet());
      }
      return true;
    } catch (StatusRuntimeException e) {
      if (isRefusal(e.getStatus().getCode())) {
        log.warn("Workflows go without search attributes: {}", e.getMessage());
        return false;
      }
      throw e;
    }
  }

  private static boolean isRefusal(Status.Code code) {
    return switch (code) {
      case UNIMPLEMENTED, PERMISSION_DENIED, UNAUTHENTICATED, INVALID_ARGUMENT -> true;
      default -> false;
    };
  }
}
