/** Tokens and receipts: signed texts that name positions, and what became of those. */
@NullMarked
package io.duckmesh.api.receipt;

import org.jspecify.annotations.NullMarked;
