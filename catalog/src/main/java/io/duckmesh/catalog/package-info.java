/** What exists: tenants, tables, schemas, snapshots, data files, watermarks, keys and receipts. */
@NullMarked
package io.duckmesh.catalog;

import org.jspecify.annotations.NullMarked;
