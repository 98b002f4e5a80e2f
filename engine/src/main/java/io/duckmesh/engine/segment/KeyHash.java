package io.duckmesh.engine.segment;

/**
 * 128-bit hash of an event key or a request key: the first 16 bytes of SHA-256 over the kind and
 * the key, big-endian.
 */
public record KeyHash(long high, long low) {}
