/** Gateways on a real database, with a small lander behind them, asked over HTTP. */
package io.duckmesh.api;
