package io.duckmesh.api.server;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leaves Tomcat's connection with the request. */
public final class TomcatConnectionValve extends ValveBase {
  static final String ATTRIBUTE = "duckmesh.connection";
  private static final Logger LOG = LoggerFactory.getLogger(TomcatConnectionValve.class);

  public TomcatConnectionValve() {
    super(true);
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    request.setAttribute(ATTRIBUTE, new TomcatConnection(request.getCoyoteRequest()));
    getNext().invoke(request, response);
  }

  private record TomcatConnection(org.apache.coyote.Request request) implements ClientConnection {
    /**
     * Asks Tomcat to read without waiting. Of a request whose body has been read, it answers 0 when
     * nothing has come, exactly 1 when the connection has ended or failed, and else the number of
     * bytes of the next request.
     */
    @Override
    public boolean closed() {
      request.action(ActionCode.AVAILABLE, true);
      return request.getAvailable() == 1;
    }

    /** Reads below the servlet stream, which Tomcat closes with the last byte of the answer. */
    @Override
    public void discardBody(Duration limit) {
      long end = System.nanoTime() + limit.toNanos();
      Sink sink = new Sink();
      try {
        int read = 0;
        while (read >= 0 && System.nanoTime() < end) {
          read = request.doRead(sink);
        }
      } catch (IOException e) {
        LOG.debug("The client has gone while its body was thrown away", e);
      }
    }
  }

  private static final class Sink implements ApplicationBufferHandler {
    private @Nullable ByteBuffer buffer;

    @Override
    public void setByteBuffer(@Nullable ByteBuffer buffer) {
      this.buffer = buffer;
    }

    @Override
    public @Nullable ByteBuffer getByteBuffer() {
      return buffer;
    }

    @Override
    public void expand(int size) {
      // Nothing is kept, so nothing has to grow.
    }
  }
}
