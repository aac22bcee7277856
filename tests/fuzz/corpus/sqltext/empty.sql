;;
 -- nothing
