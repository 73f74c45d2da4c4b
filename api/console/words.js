// What the page says, in English and Chinese.
const WORDS = {
  en: {
    username: "Name", password: "Password", login: "Log in", logout: "Log out",
    open: "Open alerts", quiet: "Nothing is open. All is well.", accept: "I take it",
    lost: "NOT CONNECTED – new alerts do not appear here. Trying again …",
    over: "Your login is over. Please log in again.",
    unreachable: "carewatch cannot be reached. Please check the network and try again.",
    vendor: "A vendor account sees devices, not alerts; please use the API.",
    "role.family": "family", "role.station": "station", "role.centre": "centre",
    "role.vendor": "vendor", "role.admin": "admin",
    "state.open": "nobody has it yet", "state.accepted": "taken", "state.responding": "on the way",
    "state.on_site": "on site",
    "kind.sos": "Emergency button", "kind.fall": "Fall", "kind.fall_suspected": "Possible fall",
    "kind.breathing_stopped": "Breathing stopped", "kind.heart_rate_high": "Fast heart",
    "kind.heart_rate_low": "Slow heart", "kind.respiration_high": "Fast breathing",
    "kind.respiration_low": "Slow breathing", "kind.spo2_low": "Low oxygen",
    "kind.bed_exit_long": "Out of bed for long", "kind.smoke": "Smoke", "kind.gas": "Gas",
    "kind.carbon_monoxide": "Carbon monoxide", "kind.water_leak": "Water leak",
    "kind.device_silent": "Device silent", "kind.battery_low": "Battery low",
    "kind.device_fault": "Device fault", "kind.clock_skew": "Device clock wrong",
    "kind.blood_pressure": "Blood pressure", "kind.body_temperature": "Body temperature",
    "kind.weight_change": "Weight has changed", "kind.not_up": "Still in bed",
    "kind.inactivity": "No sign of life", "kind.trend": "Slow change over days",
    "kind.ambient_unusual": "Room unlike usual",
    "kind.button_test_overdue": "Test overdue",
  },
  zh: {
    username: "用户名", password: "密码", login: "登录", logout: "退出",
    open: "未处理警报", quiet: "目前没有未处理的警报,一切正常。", accept: "我来处理",
    lost: "连接已断开:此处不会显示新警报。正在重新连接……",
    over: "登录已失效,请重新登录。",
    unreachable: "无法连接 carewatch,请检查网络后重试。",
    vendor: "厂商账号只能查看设备,不能查看警报;请使用 API。",
    "role.family": "家属", "role.station": "服务站", "role.centre": "中心",
    "role.vendor": "厂商", "role.admin": "管理员",
    "state.open": "尚无人处理", "state.accepted": "已接单", "state.responding": "正在前往",
    "state.on_site": "已到现场",
    "kind.sos": "紧急呼叫", "kind.fall": "跌倒", "kind.fall_suspected": "疑似跌倒",
    "kind.breathing_stopped": "呼吸停止", "kind.heart_rate_high": "心率过快",
    "kind.heart_rate_low": "心率过慢", "kind.respiration_high": "呼吸过快",
    "kind.respiration_low": "呼吸过慢", "kind.spo2_low": "血氧过低",
    "kind.bed_exit_long": "离床过久", "kind.smoke": "烟雾", "kind.gas": "燃气泄漏",
    "kind.carbon_monoxide": "一氧化碳", "kind.water_leak": "漏水",
    "kind.device_silent": "设备失联", "kind.battery_low": "电量低",
    "kind.device_fault": "设备故障", "kind.clock_skew": "设备时钟错误",
    "kind.blood_pressure": "血压异常", "kind.body_temperature": "体温异常",
    "kind.weight_change": "体重变化", "kind.not_up": "迟迟未起床",
    "kind.inactivity": "长时间无活动", "kind.trend": "近日缓慢变化",
    "kind.ambient_unusual": "室内环境异常", "kind.button_test_overdue": "久未测试",
  },
};

export const language = navigator.language.startsWith("zh") ? "zh" : "en";

export function text(name, otherwise = name) {
  return WORDS[language][name] ?? otherwise;
}
