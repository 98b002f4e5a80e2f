package io.duckmesh.api.json;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.util.JsonParserDelegate;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
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

  /**
   * Reads one JSON text. Numbers keep every digit, and {@code -0.0} its sign.
   *
   * @throws JacksonException if it is not one
   */
  public static JsonNode read(byte[] text) {
    try (JsonParser parser = new SignedZeros(MAPPER.createParser(text))) {
      return MAPPER.readTree(parser);
    }
  }

  /** Says of {@code -0.0}, too, that only a double can hold it: no decimal has a negative zero. */
  private static final class SignedZeros extends JsonParserDelegate {
    private static final Pattern NEGATIVE_ZERO = Pattern.compile("-0(\\.0+)?([eE].*)?");

    SignedZeros(JsonParser parser) {
      super(parser);
    }

    @Override
    public boolean isNaN() {
      return super.isNaN() || isNegativeZero();
    }

    @Override
    public BigDecimal getDecimalValue() {
      try {
        return super.getDecimalValue();
      } catch (NumberFormatException e) {
        throw new StreamReadException(this, "The number's exponent is too large", e);
      }
    }

    private boolean isNegativeZero() {
      // The text tells: a parser that was asked for the decimal makes the double of that.
      return currentToken() == JsonToken.VALUE_NUMBER_FLOAT
          && NEGATIVE_ZERO.matcher(getString()).matches();
    }
  }

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
