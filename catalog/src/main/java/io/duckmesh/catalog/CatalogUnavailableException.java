package io.duckmesh.catalog;

/** The catalog did not answer; what was asked for did not happen, or repeating it is harmless. */
public final class CatalogUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CatalogUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
