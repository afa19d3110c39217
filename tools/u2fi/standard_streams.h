#ifndef U2FI_TOOLS_U2FI_STANDARD_STREAMS_H_
#define U2FI_TOOLS_U2FI_STANDARD_STREAMS_H_

namespace u2fi::cli {

// Fills those of the descriptors 0, 1 and 2 that the caller has closed, so that
// no socket to the cloud becomes one of them and gets what is printed. Reading
// from a filled one, or writing to it, fails. The first call of main().
void FillClosedStreams();

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_STANDARD_STREAMS_H_
