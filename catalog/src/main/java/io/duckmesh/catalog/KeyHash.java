package io.duckmesh.catalog;

/** 128-bit hash of an event key or a request key. */
public record KeyHash(long high, long low) {}
