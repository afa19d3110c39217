#include "tools/soft-token/touch_sensor.h"

namespace u2fi::soft_token {

absl::string_view NameOf(TouchMode mode) {
  switch (mode) {
    case TouchMode::kManual:
      return "manual";
    case TouchMode::kAuto:
      return "auto";
    case TouchMode::kRefuse:
      return "refuse";
  }
  return "";
}

bool TouchSensor::Take() {
  if (mode_ == TouchMode::kAuto) return true;
  if (mode_ == TouchMode::kRefuse) return false;
  const bool touched = clock_.Uptime() < touched_until_;
  Clear();
  if (!touched) wanted_until_ = clock_.Uptime() + kWantedLife;
  return touched;
}

void TouchSensor::Clear() {
  touched_until_ = -absl::InfiniteDuration();
  wanted_until_ = -absl::InfiniteDuration();
}

void TouchSensor::SetMode(TouchMode mode) {
  Clear();
  mode_ = mode;
}

}  // namespace u2fi::soft_token
