package io.duckmesh.api.json;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** The one way JSON is read and written here: snake_case, nothing ignored, numbers exact. */
public final class ApiJson {
  public static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ApiJson() {}

  /** Answers with the value as JSON. */
  public static void write(HttpServletResponse response, int status, Object value)
      throws IOException {
    byte[] body = MAPPER.writeValueAsBytes(value);
    response.setStatus(status);
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
