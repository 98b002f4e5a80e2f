/** Steps of expiry: snapshots, rows by their age, and what is kept of expired snapshots. */
@NullMarked
package io.duckmesh.activities.expire;

import org.jspecify.annotations.NullMarked;
