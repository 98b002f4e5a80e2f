/** Every interleaving of the protocol's steps in small cases, and what breaks without its parts. */
package io.duckmesh.activities.protocol;
