/** Objects in a bucket of an S3 service. */
@NullMarked
package io.duckmesh.engine.objects.s3;

import org.jspecify.annotations.NullMarked;
