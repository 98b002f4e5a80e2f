/** Tokens and receipts by themselves. */
package io.duckmesh.api.receipt;
