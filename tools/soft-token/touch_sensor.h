#ifndef U2FI_TOOLS_SOFT_TOKEN_TOUCH_SENSOR_H_
#define U2FI_TOOLS_SOFT_TOKEN_TOUCH_SENSOR_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/time/clock.h"

namespace u2fi::soft_token {

// Who touches the token.
enum class TouchMode {
  kManual,  // Somebody calls Touch().
  kAuto,    // Always touched.
  kRefuse,  // Never touched, whatever anybody does.
};

// "manual", "auto" or "refuse".
absl::string_view NameOf(TouchMode mode);

// The metal plate of the token. A touch counts for one request only. Not
// thread-safe.
class TouchSensor {
 public:
  // How long a touch waits for its request.
  static constexpr absl::Duration kTouchLife = absl::Seconds(10);
  // U2F hosts ask again and again; after this long without a question nobody
  // wants a touch any more.
  static constexpr absl::Duration kWantedLife = absl::Seconds(2);

  // `clock` must outlive this object.
  TouchSensor(const Clock& clock, TouchMode mode)
      : clock_(clock), mode_(mode) {}

  // A request needs a touch. True, and the touch is used up, if there was one.
  bool Take();

  // Touches: the next Take() within kTouchLife is true.
  void Touch() { touched_until_ = clock_.Uptime() + kTouchLife; }

  // Takes back a touch that was not used, and what was wanted.
  void Clear();

  // True while a request waits for a touch that somebody could give.
  bool wanted() const { return clock_.Uptime() < wanted_until_; }

  // When wanted() will become false if nobody asks again.
  absl::Duration wanted_until() const { return wanted_until_; }

  TouchMode mode() const { return mode_; }
  // Takes back an unused touch too.
  void SetMode(TouchMode mode);

 private:
  const Clock& clock_;
  TouchMode mode_;
  // Instants of Clock::Uptime().
  absl::Duration touched_until_ = -absl::InfiniteDuration();
  absl::Duration wanted_until_ = -absl::InfiniteDuration();
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_TOUCH_SENSOR_H_
