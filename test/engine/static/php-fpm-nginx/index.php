<?php
session_start();
$_SESSION["n"] = 1;
echo "fpm";
