#ifndef U2FI_TOOLS_SOFT_TOKEN_CONTROL_DESK_H_
#define U2FI_TOOLS_SOFT_TOKEN_CONTROL_DESK_H_

#include <string>

#include "absl/strings/string_view.h"
#include "tools/soft-token/soft_token.h"

namespace u2fi::soft_token {

// The commands of the control socket: one line in, one line out.
//
//   touch            touches now, or for whoever asks within 10 seconds
//   refuse           never touches, until `auto on` or `auto off`
//   auto on|off      always touches | waits for a touch
//   hold on|off      keeps requests open with KEEPALIVE until the touch | tells
//                    the host to ask again
//   fault NAME       breaks the token (fault.h), `fault none` mends it
//   unplug, plug     pulls the token out, puts it in again
//   state            what is set, as name=value pairs; pin is the number of
//                    wrong PINs that it still takes, or none
//
// The answer is "ok", "ok " and the state, or "error " and what is wrong.
// Words are separated by one space. An error changes nothing.
class ControlDesk {
 public:
  // `token` must outlive this object.
  explicit ControlDesk(SoftToken& token) : token_(token) {}

  // The answer to `line`, without the line's end. Never has one itself.
  std::string Execute(absl::string_view line);

 private:
  bool Apply(absl::string_view line);
  bool ApplyFault(absl::string_view name);
  std::string State() const;

  SoftToken& token_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_CONTROL_DESK_H_
