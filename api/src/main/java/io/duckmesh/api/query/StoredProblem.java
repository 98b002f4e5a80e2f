package io.duckmesh.api.query;

import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.problem.Problems;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Why an asynchronous query did not succeed, as the catalog keeps it. */
record StoredProblem(ApiError errorCode, String detail, Map<String, Object> context) {
  static StoredProblem of(Throwable thrown) {
    ProblemException problem = Problems.of(thrown);
    return new StoredProblem(problem.error(), problem.detail(), problem.context());
  }

  String toJson() {
    return ApiJson.MAPPER.writeValueAsString(this);
  }

  static ProblemException read(String json) {
    JsonNode node = ApiJson.MAPPER.readTree(json);
    @SuppressWarnings("unchecked")
    Map<String, Object> context = ApiJson.MAPPER.convertValue(node.get("context"), Map.class);
    return new ProblemException(
        ApiError.valueOf(node.get("error_code").asString()),
        node.get("detail").asString(),
        context);
  }
}
