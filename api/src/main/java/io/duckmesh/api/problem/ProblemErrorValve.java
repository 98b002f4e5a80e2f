package io.duckmesh.api.problem;

import io.duckmesh.api.json.ApiJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests that Tomcat refuses before they reach the application, such as a broken request
 * line, as problems and never as HTML. Constructed by Tomcat, by name.
 */
public final class ProblemErrorValve extends ErrorReportValve {
  @Override
  protected void report(Request request, Response response, @Nullable Throwable throwable) {
    int status = response.getStatus();
    if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    String trace =
        Trace.fromHeaders(request.getHeader(Trace.HEADER), request.getHeader("traceparent"));
    ProblemException problem =
        FallbackErrorController.ofStatus(
            status, status == 400 && request.getConnector() != null ? notReadable(request) : null);
    String path = request.getRequestURI() == null ? "/" : request.getRequestURI();
    String body =
        new String(
            ApiJson.MAPPER.writeValueAsBytes(ProblemWriter.body(problem, path, trace)),
            StandardCharsets.UTF_8);
    try {
      response.setContentType(ProblemWriter.CONTENT_TYPE);
      response.setCharacterEncoding(StandardCharsets.UTF_8);
      response.setHeader(Trace.HEADER, trace);
      java.io.PrintWriter writer = response.getReporter();
      if (writer != null) {
        writer.write(body);
        response.finishResponse();
      }
    } catch (IOException | IllegalStateException e) {
      getContainer().getLogger().debug("The client has gone before it could be refused", e);
    }
  }

  private static String notReadable(Request request) {
    String detail = "The request line or a header is not valid HTTP";
    return request.getConnector().getProtocolHandler() instanceof AbstractHttp11Protocol<?> http
        ? detail
            + ", or both together are longer than %d bytes"
                .formatted(http.getMaxHttpRequestHeaderSize())
        : detail;
  }
}
