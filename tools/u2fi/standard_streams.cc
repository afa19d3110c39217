#include "tools/u2fi/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace u2fi::cli {

void FillClosedStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest one that is free, which is this one.
    const bool is_input = stream == STDIN_FILENO;
    if (open("/dev/null", is_input ? O_WRONLY : O_RDONLY) != stream) return;
  }
}

}  // namespace u2fi::cli
